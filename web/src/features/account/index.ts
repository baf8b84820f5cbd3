export { default as AccountView } from './AccountView.vue'
export { default as AuthorizeView } from './AuthorizeView.vue'
