import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import type { Entry, Happening } from './entries.js'

/** The record of a run: append-only, every entry with its time, in a file of one JSON object a line. */
export function createHistory(path: string) {
  const start = performance.now()
  const file = createWriteStream(path)
  const readers: ((entry: Entry) => void)[] = []

  const now = () => Math.round((performance.now() - start) * 10) / 10

  return {
    /** Milliseconds since the start. */
    now,
    /** From now on it is given every entry, at once. */
    onEntry(reader: (entry: Entry) => void): void {
      readers.push(reader)
    },
    add(happening: Happening): void {
      const entry = { at: now(), ...happening }
      file.write(`${JSON.stringify(entry)}\n`)
      for (const read of readers) read(entry)
    },
    async close(): Promise<void> {
      file.end()
      await once(file, 'close')
    },
  }
}

export type History = ReturnType<typeof createHistory>
