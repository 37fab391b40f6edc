import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The kernel's own unit for these times, on every Linux. */
const TICKS_PER_SECOND = 100

interface Stat {
  readonly parent: number
  readonly own: number
  readonly waitedFor: number
}

/**
 * CPU seconds of a process since its start: its own, those of its children and those of children that have ended.
 * Null where they cannot be told: the process has ended, or this is not Linux.
 */
export async function cpuSeconds(pid: number): Promise<number | null> {
  const process = await statOf(String(pid))
  if (process === undefined) return null
  const others = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(statOf))
  const ofChildren = others.map((one) => (one?.parent === pid ? one.own : 0))
  const ticks = process.own + process.waitedFor + ofChildren.reduce((sum, own) => sum + own, 0)
  return ticks / TICKS_PER_SECOND
}

/** The pid of the Postgres that has its data there, which starts a process for each connection. */
export async function pidOfPostgres(folder: string): Promise<number> {
  const [pid] = (await readFile(join(folder, 'postmaster.pid'), 'utf8')).split('\n')
  return Number(pid)
}

async function statOf(pid: string): Promise<Stat | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  // The name before it is in brackets, and may have blanks and brackets in it.
  const [, parent, , , , , , , , , , user, system, childrenUser, childrenSystem] = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  return {
    parent: parent ?? 0,
    own: (user ?? 0) + (system ?? 0),
    waitedFor: (childrenUser ?? 0) + (childrenSystem ?? 0),
  }
}
