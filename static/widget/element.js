// Make elements. Text only ever becomes text nodes, so nothing that people or files wrote can be markup.

export function make(tag, attributes, ...children) {
  const [name, ...classes] = tag.split('.');
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === true) made.setAttribute(key, '');
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children.flat(9).filter((child) => child != null && child !== false && child !== ''));
  return made;
}

export const fill = (template, blanks) => template.replace(/\{(\w+)\}/g, (_, name) => blanks[name]);
