import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import 'parley/ui.css'
import './styles/base.css'
import './styles/masthead.css'
import './styles/stage.css'
import './styles/phone.css'
import './styles/inquiry.css'
import './styles/order.css'
import './styles/panel.css'
import './styles/outage-log.css'
import { App } from './app.js'

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
