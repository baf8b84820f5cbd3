import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from '@/app/App.vue'
import { installErrorHandler } from '@/app/errorHandler'
import { createCinemaRouter } from '@/app/router'
import { initTheme } from '@/shared/lib/theme'
import '@/shared/styles/main.css'

initTheme()

const app = createApp(App)
installErrorHandler(app)
app.use(createPinia())
app.use(createCinemaRouter())
app.mount('#app')
