import { bigChat } from './big-chat.js'
import { closedLoop } from './closed-loop.js'
import { connects } from './connects.js'
import { idle } from './idle.js'
import type { Question } from './question.js'
import { rates } from './rates.js'
import { repeats } from './repeats.js'
import { rest } from './rest.js'
import { resumes } from './resumes.js'

/** All questions, in the order in which they are asked. */
export const questions: readonly Question[] = [
  closedLoop,
  rates,
  repeats,
  bigChat,
  idle,
  connects,
  resumes,
  rest,
]
