// Luck and cheating told apart: an interval for each share, and one verdict over all.

const Z = 1.96;
const PLAYERS = 2000;
const MOST_WORK = 4_000_000; // draws that are simulated at most

/** Wilson's 95 % interval for `count` of `total`. */
export function wilson(count, total) {
  const [share, square] = [count / total, Z * Z];
  const middle = share + square / (2 * total);
  const width = Z * Math.sqrt((share * (1 - share)) / total + square / (4 * total * total));
  const by = 1 + square / total;
  return [Math.max(0, (middle - width) / by), Math.min(1, (middle + width) / by)];
}

/** How far counts lie from what the shares would have: Pearson's sum, infinite where the impossible was drawn. */
export function distance(counts, shares) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count, place) => {
    const expected = total * shares[place];
    if (!expected) return count ? Infinity : sum;
    return sum + (count - expected) ** 2 / expected;
  }, 0);
}

/** Which part of the players who draw as often, by these shares, end at least as far off. The same for the same counts. */
export function unluckier(counts, shares) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const here = distance(counts, shares);
  const players = Math.max(200, Math.min(PLAYERS, Math.floor(MOST_WORK / total)));
  const random = generator(total);
  let further = 0;
  for (let player = 0; player < players; player++) {
    if (distance(drawn(total, shares, random), shares) >= here - 1e-9) further++;
  }
  return (further + 1) / (players + 1);
}

function drawn(total, shares, random) {
  const counts = shares.map(() => 0);
  for (let draw = 0; draw < total; draw++) {
    let left = random();
    let place = 0;
    while (place < shares.length - 1 && (left -= shares[place]) >= 0) place++;
    counts[place]++;
  }
  return counts;
}

/** mulberry32: quick, and good enough to shuffle with. */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
