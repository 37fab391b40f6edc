// node scripts/image.mjs <folder>: what an image of Parley holds, put into an empty folder: dist/ as it has been
// built, what a node reads beside it, the packages of production, and of uWebSockets.js the one binary that this
// machine's Node loads. The Dockerfile runs it, and so does the test that has no Docker.
import { cp, mkdir, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Failure, main, root, run } from './prepare.mjs'

const parts = [
  'dist',
  'db/migrations',
  // A node renders /docs from these.
  'docs/guides',
  'docs/contract.md',
  'docs/limits.md',
  'package.json',
  'package-lock.json',
  '.npmrc',
  'LICENSE',
]
// npm's own: what comes next needs them, and a node does not.
const onlyToInstall = ['package-lock.json', '.npmrc', 'node_modules/.package-lock.json']

await main(async () => {
  const [given] = process.argv.slice(2)
  if (given === undefined) throw new Failure('usage: node scripts/image.mjs <folder>')
  const folder = resolve(given)
  await mkdir(folder, { recursive: true })
  if ((await readdir(folder)).length > 0) throw new Failure(`${folder} is not empty`)
  for (const part of parts) await cp(join(root, part), join(folder, part), { recursive: true })
  // No package of production needs its install script: sharp's binaries are packages of their own.
  await run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--loglevel=error'], { cwd: folder })
  await keepOneBinary(join(folder, 'node_modules/uWebSockets.js'))
  for (const name of onlyToInstall) await rm(join(folder, name))
})

/** The package has a binary for each platform and each ABI of Node, and some folders of sources. */
async function keepOneBinary(folder) {
  const { platform, arch, versions } = process
  const binary = `uws_${platform}_${arch}_${versions.modules}.node`
  const kept = [binary, 'uws.js', 'ESM_wrapper.mjs', 'package.json', 'LICENSE']
  const names = await readdir(folder)
  if (!names.includes(binary)) throw new Failure(`uWebSockets.js has no ${binary}`)
  for (const name of names.filter((name) => !kept.includes(name)))
    await rm(join(folder, name), { recursive: true })
}
