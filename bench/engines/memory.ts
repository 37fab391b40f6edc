import { readFile } from 'node:fs/promises'

const PAGE_BYTES = 4096

/** Bytes of a process that are in memory; null where that cannot be told: the process has ended, or this is not Linux. */
export async function residentBytes(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/statm`, 'utf8').catch(() => undefined)
  return text === undefined ? null : Number(text.split(' ')[1]) * PAGE_BYTES
}
