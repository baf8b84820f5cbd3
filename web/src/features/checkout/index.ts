export { default as CheckoutView } from './components/CheckoutView.vue'
export { default as BankView } from './components/BankView.vue'
