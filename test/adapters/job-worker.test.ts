import t from 'tap'
import { createJobWorker } from '../../src/adapters/job-worker.js'
import { createPromise } from '../helpers/promise.js'

/** Longer than any test: who looks again has been woken. */
const LONG_MS = 600_000

t.test('a job that comes while one looks is not left until the next look', async (t) => {
  const jobs: string[] = []
  const [looking, added, done] = [createPromise(), createPromise(), createPromise()]
  let looks = 0
  const worker = createJobWorker<string>({
    async take() {
      const found = jobs.splice(0)
      looks += 1
      if (looks === 1) {
        looking.resolve()
        await added.promise
      }
      return found
    },
    async perform() {
      done.resolve()
    },
    atOnce: 2,
    pollMs: LONG_MS,
  })
  worker.start()
  await looking.promise
  jobs.push('late')
  worker.wake()
  added.resolve()
  await done.promise
  await worker.stop()
  t.equal(looks, 2)
})

t.test(
  'while there are jobs it takes them as they are done, and asks for no more than it can do',
  async (t) => {
    const jobs = Array.from({ length: 7 }, (_, n) => n)
    const asked: number[] = []
    const done: number[] = []
    const last = createPromise()
    const worker = createJobWorker<number>({
      async take(count) {
        asked.push(count)
        return jobs.splice(0, count)
      },
      async perform(job) {
        done.push(job)
        if (done.length === 7) last.resolve()
      },
      atOnce: 3,
      pollMs: LONG_MS,
    })
    worker.start()
    await last.promise
    await worker.stop()
    t.strictSame(done, [0, 1, 2, 3, 4, 5, 6])
    t.ok(asked.every((count) => count >= 1 && count <= 3))
  },
)

t.test('one that was never started stops', async (t) => {
  const worker = createJobWorker({
    take: async () => [],
    perform: async () => {},
    atOnce: 1,
    pollMs: LONG_MS,
  })
  await t.resolves(worker.stop())
})
