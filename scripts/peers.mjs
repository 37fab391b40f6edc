// What Parley is measured beside: installed and built when a run asks for it, and only then.
import { rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bin, installWhenStale, modified, newest, root, run, say } from './prepare.mjs'

const folder = join(root, 'bench/peers')
const sources = ['shared', 'seed', 'by-hand', 'bare', 'tsconfig.json'].map((name) => join(folder, name))
// Written last: a dist/ without it is half a build.
const stamp = join(folder, 'dist/.built')

export async function preparePeers(options) {
  await installWhenStale(options, folder)
  if (newest(sources) > modified(stamp)) await build(options)
}

async function build(options) {
  say('building the peers…')
  const started = new Date()
  await rm(join(folder, 'dist'), { recursive: true, force: true })
  await run(bin('tsc'), ['-p', folder], options)
  await writeFile(stamp, '')
  // A source saved while the compiler ran is newer than the build, not part of it.
  await utimes(stamp, started, started)
}
