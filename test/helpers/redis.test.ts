import t from 'tap'
import { startRedis } from './redis.js'

t.test('a Redis is stopped and comes back on its port as another process', async (t) => {
  const redis = await startRedis(t)
  const before = redis.pid
  await redis.stop()
  t.throws(() => process.kill(before, 0), { code: 'ESRCH' })
  await redis.start()
  t.not(redis.pid, before)
  t.equal(redis.url, `redis://127.0.0.1:${redis.port}`)
})
