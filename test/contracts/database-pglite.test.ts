import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { createPGliteDatabase } from '../../src/adapters/database-pglite.js'
import { lockFolder } from '../../src/adapters/folder-lock.js'
import { temporaryFolder } from '../helpers/folders.js'
import { createPGliteFolder } from '../helpers/pglite.js'
import { databaseContract } from './database.js'

await databaseContract(t, {
  hasOneConnection: true,
  async createPlace(t) {
    const folder = await createPGliteFolder(t)
    return { open: async () => await createPGliteDatabase(folder) }
  },
})

t.test('a folder in use is refused by name, until it is released', async (t) => {
  const folder = await temporaryFolder(t)
  const first = await createPGliteDatabase(folder)
  await t.rejects(createPGliteDatabase(folder), {
    message: new RegExp(`^The folder ${folder} is in use by process ${process.pid}:`),
  })
  await first.release()
  const second = await createPGliteDatabase(folder)
  await second.release()
  t.notOk(existsSync(join(folder, 'parley.lock')))
})

t.test('a second process is refused while the first one lives', async (t) => {
  const folder = await temporaryFolder(t)
  const database = await createPGliteDatabase(folder)
  const second = spawnSync(process.execPath, ['dist/main.js'], {
    env: { PATH: process.env.PATH, DATA_DIR: folder, PORT: '0', WS_PORT: '0', OPS_PORT: '0' },
    encoding: 'utf8',
  })
  t.equal(second.status, 1)
  t.match(`${second.stdout}${second.stderr}`, `is in use by process ${process.pid}`)
  await database.release()
})

t.test('the lock of a process that is gone counts for nothing', async (t) => {
  const folder = await temporaryFolder(t)
  const gone = spawnSync(process.execPath, ['-e', ''])
  await writeFile(join(folder, 'parley.lock'), `${gone.pid} 1 left-behind\n`)
  const unlock = await lockFolder(folder)
  await t.rejects(lockFolder(folder), { message: /in use/ })
  await unlock()
})

t.test('nor does that of an earlier process with the same pid, or an empty file', async (t) => {
  for (const content of [`${process.pid} 1 left-behind\n`, '']) {
    const folder = await temporaryFolder(t)
    await writeFile(join(folder, 'parley.lock'), content)
    const unlock = await lockFolder(folder)
    await t.rejects(lockFolder(folder), { message: /in use/ })
    await unlock()
  }
})

t.test('who was refused does not take the lock away from its holder', async (t) => {
  const folder = await temporaryFolder(t)
  const unlock = await lockFolder(folder)
  for (let n = 0; n < 3; n += 1) await t.rejects(lockFolder(folder))
  await unlock()
  const again = await lockFolder(folder)
  // A second release of the first holder must not free what is another's by now.
  await unlock()
  await t.rejects(lockFolder(folder))
  await again()
})
