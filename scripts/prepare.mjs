// What every script needs first: the packages installed and dist/ built, each only when it has to be.
// Plain Node and no packages, because on a fresh clone there are none yet.
import { spawn } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { cp, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const sources = [
  'src',
  'web',
  'db',
  'client/src',
  'client/tsconfig.json',
  'scripts/build-page.mjs',
  'scripts/client-aliases.mjs',
  'tsconfig.json',
  'tsconfig.build.json',
]
const dist = join(root, 'dist')
const clientDist = join(root, 'client/dist')

/** Progress goes to stderr: the stdout of `npm run token` is the token and nothing else. */
export function say(line) {
  process.stderr.write(`${line}\n`)
}

/** A failure that is told in one line; its stack would say nothing to the reader. */
export class Failure extends Error {}

/** Runs a command to its end, with its output on our stderr. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options })
    child.once('error', reject)
    child.once('exit', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Failure(`${[command, ...args].join(' ')} failed (${signal ?? `exit code ${code}`})`))
    })
  })
}

/** A command that a package brings, found without npm's PATH. */
export function bin(name) {
  return join(root, 'node_modules/.bin', name)
}

/** Runs a script's body: a told failure is a line, anything else a stack, both are exit code 1. */
export async function main(body) {
  try {
    await body()
  } catch (error) {
    // What a signal of ours has cut short says so in its cause.
    const failure = error.name === 'AbortError' ? error.cause : error
    say(failure instanceof Failure ? failure.message : failure.stack)
    process.exitCode ||= 1
  }
}

export async function prepare(options) {
  await installWhenStale(options)
  if (
    isStale(
      dist,
      sources.map((source) => join(root, source)),
    )
  )
    await build(options)
}

export async function installWhenStale(options, folder = root) {
  // A link leads to somebody else's packages: npm would empty the folder that it leads to.
  if (lstatSync(join(folder, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) return
  // npm writes this copy of the lockfile at the end of every install.
  const installed = modified(join(folder, 'node_modules/.package-lock.json'))
  if (installed >= modified(join(folder, 'package-lock.json'))) return
  say('installing…')
  // The build needs the development packages, also where NODE_ENV=production would leave them out.
  await run('npm', ['ci', '--include=dev', '--loglevel=error'], { ...options, cwd: folder })
}

export async function build(options) {
  say('building…')
  await buildAnew(dist, async () => {
    await Promise.all([
      run(bin('tsc'), ['-p', 'tsconfig.build.json'], options),
      buildClient(options),
      run(process.execPath, ['scripts/build-page.mjs'], options),
    ])
  })
}

/** The package as it is published: what the page is built of is its source. */
async function buildClient(options) {
  await rm(clientDist, { recursive: true, force: true })
  await run(bin('tsc'), ['-p', 'client/tsconfig.json'], options)
  await cp(join(root, 'client/src/ui/ui.css'), join(clientDist, 'ui/ui.css'))
}

/** True when a source is newer than what was built of it into the folder. */
export function isStale(folder, sources) {
  return newest(sources) > modified(stampOf(folder))
}

/** Empties the folder and has it filled. */
export async function buildAnew(folder, fill) {
  const started = new Date()
  await rm(folder, { recursive: true, force: true })
  await fill()
  await writeFile(stampOf(folder), '')
  // A source saved while the compiler ran is newer than the build, not part of it.
  await utimes(stampOf(folder), started, started)
}

// Written last: a folder without it is half a build.
function stampOf(folder) {
  return join(folder, '.built')
}

/** The latest change below the paths. Folders count too: a deleted file changes nothing but its folder. */
function newest(paths) {
  let latest = 0
  for (const path of paths.filter((path) => existsSync(path))) {
    const stat = statSync(path)
    const below = stat.isDirectory() ? newest(readdirSync(path).map((name) => join(path, name))) : 0
    latest = Math.max(latest, stat.mtimeMs, below)
  }
  return latest
}

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1
}
