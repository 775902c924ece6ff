/** There are two processors. */
const AT_ONCE = 4;

/** For what is started or ended: a few at once. */
export async function inTurns<One>(all: readonly One[], perform: (one: One) => Promise<void>): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE) {
    await Promise.all(all.slice(at, at + AT_ONCE).map(perform));
  }
}
