import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import ts from 'typescript'
import { temporaryFolder } from './folders.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const execute = promisify(execFile)
const SCHEMA = 'db/migrations'

/** The newest version with another schema than this one's, or why there is none to be had. */
export type Older = { readonly commit: string; readonly name: string } | { readonly reason: string }

/** Of the tags; where none has another schema, or there are none, the commit before the schema's last change. */
export async function findOlder(): Promise<Older> {
  try {
    for (const tag of (await git('tag', '--list', 'v*', '--sort=-v:refname')).split('\n'))
      if (tag !== '' && !(await hasThisSchema(tag))) return { commit: tag, name: tag }
    if (!(await hasThisSchema('HEAD'))) return { commit: 'HEAD', name: 'HEAD' }
    const last = await git('log', '-1', '--format=%H', '--', SCHEMA)
    const commit = await git('rev-parse', '--verify', '--quiet', `${last}^`)
    return { commit, name: `${commit.slice(0, 7)}, before the last change of the schema` }
  } catch {
    return { reason: 'the history has no version with another schema, or there is no history here' }
  }
}

/** What is not committed yet counts too. */
async function hasThisSchema(commit: string): Promise<boolean> {
  const untracked = await git('ls-files', '--others', '--exclude-standard', '--', SCHEMA)
  return untracked === '' && (await git('diff', '--name-only', commit, '--', SCHEMA)) === ''
}

/**
 * That version's own service in a folder of its own, with the packages that are here and built by the compiler that is
 * here: its `main.js`.
 */
export async function buildOlder(t: Test, commit: string): Promise<string> {
  const folder = await temporaryFolder(t)
  const archive = join(folder, 'source.tar')
  await git('archive', '--output', archive, commit, 'src', 'db', 'package.json', 'tsconfig.json')
  await execute('tar', ['-xf', archive, '-C', folder])
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const { config } = ts.parseConfigFileTextToJson(
    'tsconfig.json',
    await readFile(join(folder, 'tsconfig.json'), 'utf8'),
  )
  for (const name of await readdir(join(folder, 'src'), { recursive: true })) {
    if (!name.endsWith('.ts')) continue
    const fileName = join(folder, 'src', name)
    // Its types were checked when it was new. A package.json above says that these are modules.
    const { outputText } = ts.transpileModule(await readFile(fileName, 'utf8'), {
      fileName,
      compilerOptions: { ...config.compilerOptions, module: 'ESNext', moduleResolution: 'Bundler' },
    })
    const target = join(folder, 'dist', name.replace(/\.ts$/, '.js'))
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, outputText)
  }
  return join(folder, 'dist/main.js')
}

/** The names of its migrations. */
export async function migrationsOf(commit: string): Promise<string[]> {
  const names = await git('ls-tree', '--name-only', commit, `${SCHEMA}/`)
  return names.split('\n').map(nameOf)
}

/** The names of the migrations that are here. */
export async function ownMigrations(): Promise<string[]> {
  return (await readdir(join(root, SCHEMA)))
    .filter((name) => name.endsWith('.sql'))
    .map(nameOf)
    .sort()
}

function nameOf(path: string): string {
  return path.replace(/^.*\//, '').replace(/\.sql$/, '')
}

async function git(...args: string[]): Promise<string> {
  const { stdout } = await execute('git', args, { cwd: root })
  return stdout.trim()
}
