import { randomUUID } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
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
  if (!(await createIfAbsent(path, mine))) {
    const holder = await readFile(path, 'utf8').catch(() => '')
    if (await isRunning(holder)) throw heldBy(folder, holder)
    await removeStale(path, holder)
    if (!(await createIfAbsent(path, mine)))
      throw heldBy(folder, await readFile(path, 'utf8').catch(() => ''))
  }
  return async () => {
    if ((await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true })
  }
}

async function createIfAbsent(path: string, content: string): Promise<boolean> {
  try {
    await writeFile(path, content, { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** Moves the file aside before removing it: of two processes that found it stale one gets it, the other nothing. */
async function removeStale(path: string, content: string): Promise<void> {
  const aside = `${path}.${process.pid}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  if ((await readFile(aside, 'utf8')) === content) await rm(aside)
  else await rename(aside, path)
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
