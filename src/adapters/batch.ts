/** What is added within one turn is sent together at its end, in the order in which it was added. */
export function createBatch<T>(send: (items: T[]) => void): (...items: T[]) => void {
  let batch: T[] = []

  function sendAll(): void {
    const items = batch
    batch = []
    send(items)
  }

  return (...items) => {
    if (batch.length === 0) queueMicrotask(sendAll)
    batch.push(...items)
  }
}
