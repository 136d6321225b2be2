// Make elements. Text only ever becomes text nodes, so nothing that people or files wrote can be markup.
const SVG = 'http://www.w3.org/2000/svg';

export function make(tag, attributes, ...children) {
  const [name, ...classes] = tag.split('.');
  const made = ['svg', 'rect'].includes(name) ? document.createElementNS(SVG, name) : document.createElement(name);
  if (classes.length) made.setAttribute('class', classes.join(' '));
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === true) made.setAttribute(key, '');
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.flat(9).filter((child) => child != null && child !== false && child !== ''));
  return made;
}

export const fill = (template, blanks) => template.replace(/\{(\w+)\}/g, (_, name) => blanks[name]);
