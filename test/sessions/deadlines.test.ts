import t from 'tap'
import { createDeadlines } from '../../src/sessions/deadlines.js'

t.test('what is not done in time is told once, the oldest first', async (t) => {
  const late: string[] = []
  await new Promise<void>((resolve) => {
    const deadlines = createDeadlines<string>({
      withinMs: 20,
      onLate(item) {
        late.push(item)
        if (item === 'last') resolve()
      },
    })
    t.teardown(() => deadlines.close())
    // The process is to wait for a timer that does not keep it alive.
    const alive = setInterval(() => {}, 1000)
    t.teardown(() => clearInterval(alive))
    for (const item of ['first', 'done', 'last']) deadlines.begin(item)
    deadlines.done('done')
  })
  t.strictSame(late, ['first', 'last'])
})
