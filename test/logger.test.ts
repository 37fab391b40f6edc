import t from 'tap'
import { describeError } from '../src/logger.js'

t.test('an error is logged by what it is, never with the values it was about', async (t) => {
  const error = Object.assign(new TypeError('duplicate key'), {
    code: '23505',
    detail: 'Key (content)=(my secret) already exists.',
    params: ['my secret'],
  })
  const logged = describeError(error)
  t.match(logged, {
    type: 'TypeError',
    message: 'duplicate key',
    code: '23505',
    stack: /TypeError: duplicate key/,
  })
  t.notMatch(JSON.stringify(logged), /my secret/)
})

t.test('what is no error is said in its words', async (t) => {
  t.strictSame(describeError('away'), { message: 'away' })
})
