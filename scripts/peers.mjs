// What Parley is measured beside: installed and built when a run asks for it, and only then.
import { join } from 'node:path'
import { bin, buildAnew, installWhenStale, isStale, root, run, say } from './prepare.mjs'

const folder = join(root, 'bench/peers')
const dist = join(folder, 'dist')
const sources = ['shared', 'seed', 'by-hand', 'bare', 'tsconfig.json'].map((name) => join(folder, name))

export async function preparePeers(options) {
  await installWhenStale(options, folder)
  if (!isStale(dist, sources)) return
  say('building the peers…')
  await buildAnew(dist, async () => await run(bin('tsc'), ['-p', folder], options))
}
