/**
 * SIGINT, SIGTERM and SIGHUP (the terminal was closed) as an AbortSignal, so that a job ends in good order: what it has
 * is saved, its temporary folders are removed, the programs that it started are ended, and it can be resumed.
 */

/** The first signal aborts; a second SIGINT ends the process at once. Dispose to stop listening. */
export function interruptible(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const abort = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', abort);
  process.on('SIGTERM', abort);
  process.on('SIGHUP', abort);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', abort);
      process.off('SIGTERM', abort);
      process.off('SIGHUP', abort);
    },
  };
}
