"""What happens to the shared stock, each thing whole or not at all: scripts that Redis runs.

Keys, all behind the prefix: ``line`` lists the ids of creatures, the oldest first; ``creatures`` holds them, and in
the field ``bytes`` how much they take; ``sessions`` has the moment at which each session last said that it lives;
``taken:SESSION`` is the set of ids that a session has taken and not confirmed; ``pushed:SESSION`` is the last id that
it pushed; ``run`` is the run of Redis that all of this belongs to.

A session is one replica's unbroken contact with one run of Redis. Each script looks first whether it is one still: a
replica that was held, or cut off, for so long that its creatures were given back, gets nothing done any more in the
name of its old session. What Redis remembers from before it was started anew may be older than what was handed out
since, so it is forgotten.
"""

from typing import Final

DONE: Final = 1
NOT_DONE: Final = 0
OTHER_RUN: Final = -1
NO_SESSION: Final = -2

_BEGIN: Final = """
local prefix, run, session = ARGV[1], ARGV[2], ARGV[3]
local line, creatures, sessions = prefix .. 'line', prefix .. 'creatures', prefix .. 'sessions'
local function info(section, field)
  return string.match(redis.call('INFO', section), field .. ':(%w+)')
end
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function end_session(which)
  local back = redis.call('SMEMBERS', prefix .. 'taken:' .. which)
  for _, id in ipairs(back) do
    redis.call('LPUSH', line, id)
  end
  redis.call('DEL', prefix .. 'taken:' .. which)
  redis.call('ZREM', sessions, which)
  return back
end
if info('server', 'run_id') ~= run then return -1 end
"""
_KNOWN: Final = "if not redis.call('ZSCORE', sessions, session) then return -2 end\n"

BEGIN: Final = (
    _BEGIN
    + """
local old = ARGV[4]
if redis.call('GET', prefix .. 'run') ~= run then
  for _, which in ipairs(redis.call('ZRANGE', sessions, 0, -1)) do
    redis.call('DEL', prefix .. 'taken:' .. which, prefix .. 'pushed:' .. which)
  end
  redis.call('DEL', line, creatures, sessions)
  redis.call('SET', prefix .. 'run', run)
end
local known = redis.call('ZSCORE', sessions, old) and 1 or 0
local pushed = redis.call('GET', prefix .. 'pushed:' .. old)
local back = end_session(old)
redis.call('ZADD', sessions, now(), session)
redis.call('SET', prefix .. 'pushed:' .. session, '', 'EX', 86400)
return {known, pushed, back}
"""
)
"""Begins a session and ends the one before, whose creatures go back to the front of the line.

Returns whether that one was still known, what it had pushed last (nil: nobody knows), and what went back.
"""

END: Final = (
    _BEGIN
    + """
end_session(session)
return 1
"""
)
"""Ends a session: what it has taken and not confirmed goes back."""

BEAT: Final = (
    _BEGIN
    + _KNOWN
    + """
local moment = now()
redis.call('ZADD', sessions, moment, session)
for _, which in ipairs(redis.call('ZRANGEBYSCORE', sessions, '-inf', moment - ARGV[4])) do
  end_session(which)
end
for _, key in ipairs({line, creatures, sessions, prefix .. 'run'}) do
  redis.call('EXPIRE', key, 86400)
end
return {redis.call('LLEN', line), tonumber(redis.call('HGET', creatures, 'bytes') or 0)}
"""
)
"""Says that a session lives, and ends those that have been silent for too long. Returns level and bytes.

A stock that no session has taken part in for a day is gone: those whose weights were changed have left it.
"""

PUSH: Final = (
    _BEGIN
    + _KNOWN
    + """
local id, creature, most, budget, share = ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local bytes = tonumber(redis.call('HGET', creatures, 'bytes') or 0) + #creature
local memory = tonumber(info('memory', 'maxmemory'))
local crowded = memory > 0 and tonumber(info('memory', 'used_memory')) + #creature > share * memory
if redis.call('LLEN', line) >= most or bytes > budget or crowded then return 0 end
redis.call('HSET', creatures, id, creature, 'bytes', bytes)
redis.call('RPUSH', line, id)
redis.call('SET', prefix .. 'pushed:' .. session, id, 'EX', 86400)
return 1
"""
)
"""Puts a creature at the end of the line, if there is room."""

TAKE: Final = (
    _BEGIN
    + _KNOWN
    + """
local id = redis.call('LINDEX', line, 0)
while id do
  local creature = redis.call('HGET', creatures, id)
  if creature then
    redis.call('SADD', prefix .. 'taken:' .. session, id)
    redis.call('LPOP', line)
    return {id, creature}
  end
  redis.call('LPOP', line)
  id = redis.call('LINDEX', line, 0)
end
return 0
"""
)
"""Takes the first creature, which stays in Redis under the session's name until it is confirmed."""

CONFIRM: Final = (
    _BEGIN
    + _KNOWN
    + """
local id = ARGV[4]
if redis.call('SREM', prefix .. 'taken:' .. session, id) == 0 then return 0 end
local bytes = redis.call('HSTRLEN', creatures, id)
redis.call('HDEL', creatures, id)
redis.call('HINCRBY', creatures, 'bytes', -bytes)
return 1
"""
)
"""Takes a creature out for good: it is about to be handed out."""

GIVE_BACK: Final = (
    _BEGIN
    + _KNOWN
    + """
if redis.call('SREM', prefix .. 'taken:' .. session, ARGV[4]) == 0 then return 0 end
redis.call('LPUSH', line, ARGV[4])
return 1
"""
)
"""Puts a creature that was taken at the front of the line: its client has gone."""
