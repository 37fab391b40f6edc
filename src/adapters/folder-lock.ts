import { createHash, randomUUID } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * One process per folder, held by a file that names the process. A process that was killed leaves the file
 * behind: it counts only while that very process runs, told from a later one of the same pid by its start time.
 *
 * @throws Error naming the folder and the process that holds it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'parley.lock')
  const mine = `${process.pid} ${await startTime(process.pid)} ${randomUUID()}\n`
  const holder = await take(path, mine)
  if (holder !== undefined) throw heldBy(folder, holder)
  return async () => await giveBack(path, mine)
}

/**
 * Answers who has the lock, undefined when it is taken.
 *
 * Of those who find the same dead holder only one may take its place: the one who first takes a lock on that, a
 * file named after the holder. While it has it, nobody else moves the dead one's file, so what it has looked at
 * is what it replaces. Should it die before it gives that lock back, the lock is one of the dead in its turn.
 */
async function take(path: string, mine: string): Promise<string | undefined> {
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, mine)
  try {
    for (;;) {
      if (await linkIfAbsent(draft, path)) return undefined
      const holder = await read(path)
      if (holder === undefined) continue
      if (await isRunning(holder)) return holder
      const succession = `${path}.${createHash('sha256').update(holder).digest('hex').slice(0, 16)}`
      const rival = await take(succession, mine)
      if (rival !== undefined) return rival
      try {
        if ((await read(path)) !== holder) continue
        await rename(draft, path)
        return undefined
      } finally {
        await giveBack(succession, mine)
      }
    }
  } finally {
    await rm(draft, { force: true })
  }
}

async function giveBack(path: string, mine: string): Promise<void> {
  if ((await read(path)) === mine) await rm(path, { force: true })
}

/** Linking a finished file into place: nobody ever reads half of it. */
async function linkIfAbsent(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Undefined when there is no such file. */
async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function heldBy(folder: string, holder: string): Error {
  return new Error(
    `The folder ${folder} is in use by process ${holder.split(' ')[0]}: one process per DATA_DIR. ` +
      'Stop that process, or give this one a DATA_DIR of its own.',
  )
}

async function isRunning(holder: string): Promise<boolean> {
  const [pidText, started] = holder.trim().split(' ')
  const pid = Number(pidText)
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, as somebody else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false
  }
  return started === (await startTime(pid))
}

/** When a process began, in the kernel's ticks; `unknown` where there is no /proc, and then the pid alone decides. */
async function startTime(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold spaces: fields are counted after it. Field 22 of the whole line.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 'unknown'
  } catch {
    return 'unknown'
  }
}
