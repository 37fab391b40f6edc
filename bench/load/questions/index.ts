import { compare } from '../compare/compare.js'
import { bigChat } from './big-chat.js'
import { closedLoop } from './closed-loop.js'
import { connects } from './connects.js'
import { groupCommit } from './group-commit.js'
import { history } from './history.js'
import { idle } from './idle.js'
import { profile } from './profile.js'
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
  groupCommit,
  history,
  compare,
  profile,
]
