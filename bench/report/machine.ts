import { execFile } from 'node:child_process'
import { cpus, platform, release, totalmem } from 'node:os'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** What a figure cannot be read without: the machine, the versions, the state of the source. */
export async function describeRun(command: string) {
  const [model] = cpus()
  return {
    command: command.replace(/( --)? *$/, ''),
    commit: await commit(),
    at: new Date().toISOString(),
    machine: `${cpus().length} × ${model?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${platform()} ${release()}, Node ${process.version}`,
  }
}

export type RunDescription = Awaited<ReturnType<typeof describeRun>>

/** "unknown" where there is no git: a copy of the source runs as well. */
async function commit(): Promise<string> {
  try {
    const { stdout: head } = await execute('git', ['rev-parse', '--short', 'HEAD'])
    const { stdout: changes } = await execute('git', ['status', '--porcelain', '--', 'src', 'db'])
    return changes.trim() === '' ? head.trim() : `${head.trim()}, with changes that are not committed`
  } catch {
    return 'unknown'
  }
}
