import { readFile } from 'node:fs/promises'

/** How many files and connections a process that we start may have open; null where that cannot be told. */
export async function mostOpenFiles(): Promise<number | null> {
  const text = await readFile('/proc/self/limits', 'utf8').catch(() => '')
  const [, limit] = /^Max open files\s+(\d+)/m.exec(text) ?? []
  return limit === undefined ? null : Number(limit)
}
