export { joinNames, numberWord, plural, type PluralForms } from './plural'
