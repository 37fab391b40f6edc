import { execFile } from 'node:child_process'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** The Dockerfile as data, and as much of it as runs without Docker: its COPY and RUN lines, in folders. */

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Instruction {
  readonly name: string
  readonly args: string
}

export interface Stage {
  readonly name: string | undefined
  readonly base: string
  readonly instructions: readonly Instruction[]
}

export async function readStages(): Promise<Stage[]> {
  const text = await readFile(join(root, 'Dockerfile'), 'utf8')
  const lines = text.replaceAll(/^#.*\n/gm, '').replaceAll(/\\\n/g, ' ')
  const stages: (Stage & { instructions: Instruction[] })[] = []
  for (const line of lines.split('\n').filter((line) => line.trim() !== '')) {
    const [, name = '', args = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? []
    const [base = '', , as] = args.split(/\s+/)
    if (name === 'FROM') stages.push({ name: as, base, instructions: [] })
    else stages.at(-1)?.instructions.push({ name, args })
  }
  return stages
}

export function argsOf({ instructions }: Stage, name: string): string[] {
  return instructions.filter((one) => one.name === name).map(({ args }) => args)
}

/** The words of a form that no shell reads. @throws on one that a shell would read */
export function wordsOf(args: string): string[] {
  const words: unknown = JSON.parse(args)
  if (Array.isArray(words)) return words.map(String)
  throw new Error(`not in exec form: ${args}`)
}

/** Does the stage's COPY and RUN lines in `folder`, which stands for its WORKDIR; `others` has the stages before it. */
export async function runStage(
  stage: Stage,
  folder: string,
  others: ReadonlyMap<string, string> = new Map(),
): Promise<void> {
  const isSent = await contextFilter()
  await mkdir(folder, { recursive: true })
  for (const { name, args } of stage.instructions) {
    if (name === 'RUN') await promisify(execFile)('sh', ['-c', args], { cwd: folder, maxBuffer: 10_000_000 })
    if (name !== 'COPY') continue
    const [, from, paths = ''] = /^(?:--from=(\S+) )?(.*)$/.exec(args) ?? []
    const words = paths.split(/\s+/)
    const target = words.pop() ?? ''
    for (const source of words) {
      if (from !== undefined) {
        await cp(others.get(`${from}:${source}`) ?? '', join(folder, target), { recursive: true })
        continue
      }
      const isInto = target.endsWith('/')
      await cp(join(root, source), isInto ? join(folder, target, source) : join(folder, target), {
        recursive: true,
        filter: (path) => isSent(relative(root, path)),
      })
    }
  }
}

/** Whether a path goes to the builder, by .dockerignore: the last line that matches it decides. */
export async function contextFilter(): Promise<(path: string) => boolean> {
  const text = await readFile(join(root, '.dockerignore'), 'utf8')
  const rules = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isSent: line.startsWith('!'), path: line.replace(/^!/, '') }))
  return (path) => {
    const matching = rules.filter((rule) => rule.path === '*' || isWithin(path, rule.path))
    return matching.at(-1)?.isSent ?? true
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || (path !== '.' && path !== '' && isWithin(dirname(path), folder))
}
