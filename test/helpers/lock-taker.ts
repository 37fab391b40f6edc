import { lockFolder } from '../../src/adapters/folder-lock.js'

/** The other process of test/adapters/folder-lock.test.ts: takes the lock of each folder that it is told. */
process.on('message', (folder) => {
  lockFolder(String(folder)).then(
    () => process.send?.('held'),
    (error: unknown) => process.send?.(String(error)),
  )
})
process.send?.('ready')
