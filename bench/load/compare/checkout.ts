import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)
const TSC = 'node_modules/typescript/bin/tsc'

export interface Checkout {
  /** The `main.js` that its nodes run. */
  readonly entry: string
  readonly name: string
}

/** The short name of a commit. @throws with one line when there is no such commit here */
export async function nameOf(commit: string): Promise<string> {
  try {
    const { stdout } = await execute('git', ['rev-parse', '--verify', '--short', `${commit}^{commit}`])
    return stdout.trim()
  } catch {
    throw new Error(`--compare: there is no commit "${commit}" here`)
  }
}

/**
 * A commit's own service, built in a folder below this one: with the packages of this repository when it asks for the
 * same ones, else with its own.
 */
export async function checkOut(commit: string, below: string): Promise<Checkout> {
  const name = await nameOf(commit)
  const folder = join(below, name)
  await mkdir(folder, { recursive: true })
  const archive = `${folder}.tar`
  await execute('git', ['archive', '--output', archive, name])
  await execute('tar', ['-xf', archive, '-C', folder])
  await providePackages(folder)
  await execute(process.execPath, [join(folder, TSC), '-p', 'tsconfig.build.json'], { cwd: folder })
  return { entry: join(folder, 'dist/main.js'), name }
}

/** Node and the compiler may follow a link to our packages; npm, which would empty them, is never run beside it. */
async function providePackages(folder: string): Promise<void> {
  const [theirs, ours] = await Promise.all(
    [folder, '.'].map((root) => readFile(join(root, 'package-lock.json'), 'utf8')),
  )
  if (theirs === ours) await symlink(resolve('node_modules'), join(folder, 'node_modules'))
  else await execute('npm', ['ci', '--include=dev', '--loglevel=error'], { cwd: folder })
}
