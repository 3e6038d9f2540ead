/** SIGINT and SIGTERM as an AbortSignal, so that a job ends in good order: what it has is saved, and it can be resumed. */

/** The first signal aborts; a second SIGINT ends the process at once. Dispose to stop listening. */
export function interruptible(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const abort = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', abort);
      process.off('SIGTERM', abort);
    },
  };
}
