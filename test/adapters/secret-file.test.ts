import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { readOrCreateSecret } from '../../src/adapters/secret-file.js'
import { temporaryFolder } from '../helpers/folders.js'

t.test('a secret is made once and kept', async (t) => {
  const folder = join(await temporaryFolder(t), 'data', 'inside')
  const secret = await readOrCreateSecret(folder, 'jwt-secret')
  t.ok(Buffer.from(secret, 'base64url').length >= 32, 'long enough for HS256')
  t.equal(await readOrCreateSecret(folder, 'jwt-secret'), secret)
  t.equal(await readFile(join(folder, 'jwt-secret'), 'utf8'), secret)
  t.not(await readOrCreateSecret(folder, 'blob-secret'), secret, 'each name has its own')
  t.not(await readOrCreateSecret(await temporaryFolder(t), 'jwt-secret'), secret, 'random')
})

t.test('it is for its owner alone', async (t) => {
  const folder = await temporaryFolder(t)
  await readOrCreateSecret(folder, 'jwt-secret')
  t.equal((await stat(join(folder, 'jwt-secret'))).mode & 0o777, 0o600)
})

t.test('those who make it at the same time see one secret, and leave nothing else behind', async (t) => {
  for (let round = 0; round < 20; round++) {
    const folder = await temporaryFolder(t)
    const secrets = await Promise.all(
      Array.from({ length: 20 }, () => readOrCreateSecret(folder, 'jwt-secret')),
    )
    const kept = await readOrCreateSecret(folder, 'jwt-secret')
    t.strictSame([...new Set(secrets)], [kept])
    t.strictSame(await readdir(folder), ['jwt-secret'])
  }
})
