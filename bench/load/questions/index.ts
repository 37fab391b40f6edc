import { bigChat } from './big-chat.js'
import { closedLoop } from './closed-loop.js'
import type { Question } from './question.js'
import { rates } from './rates.js'
import { repeats } from './repeats.js'

/** All questions, in the order in which they are asked. */
export const questions: readonly Question[] = [closedLoop, rates, repeats, bigChat]
