-- One request, given after "--" as a pause in ms, method and body; the figures as one line of JSON, wrk's last.

function init(args)
  local pause = tonumber(args[1])
  wrk.method = args[2] or "GET"
  wrk.body = args[3]
  if pause > 0 then
    -- seldom in step with each other: anything from nothing to twice the pause
    function delay() return math.random(0, 2 * pause) end
  end
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %.6f, "bytes": %d, "p50_ms": %.3f, "p99_ms": %.3f, "max_ms": %.3f, '
      .. '"errors": {"connect": %d, "read": %d, "write": %d, "timeout": %d, "status": %d}}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
    errors.connect, errors.read, errors.write, errors.timeout, errors.status
  ))
end
