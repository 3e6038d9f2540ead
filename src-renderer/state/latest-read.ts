/**
 * Reading what a list or the session shows, so that the newest answer stays: an answer that comes after that of a later question
 * is dropped. Nobody waits for another's question, which may never be answered where its page turned elsewhere.
 * @param read asks the host
 * @param show takes the answer
 */
export function latestRead<T>(read: () => Promise<T>, show: (answer: T) => void): () => Promise<void> {
  let asked = 0;
  let shown = 0;
  return async () => {
    const mine = ++asked;
    const answer = await read();
    if (mine < shown) return;
    shown = mine;
    show(answer);
  };
}
