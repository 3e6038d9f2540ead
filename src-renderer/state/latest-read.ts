/**
 * Reading what a list or the session shows, so that the newest answer stays: while one reading is under way another is not
 * begun beside it, whose answer might come first; it is read once more at the end, and everybody who asked waits for that.
 */
export function latestRead(read: () => Promise<void>): () => Promise<void> {
  let reading: Promise<void> | undefined;
  let again = false;
  async function untilNewest(): Promise<void> {
    for (;;) {
      again = false;
      try {
        await read();
        if (!again) return;
      } catch (error) {
        // whoever asked meanwhile may be answered
        if (!again) throw error;
      }
    }
  }
  return () => {
    if (reading) again = true;
    else reading = untilNewest().finally(() => (reading = undefined));
    return reading;
  };
}
