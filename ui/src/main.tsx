import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { keepNothing } from './lib/leaving';
import './styles/global.css';

// A relative address is found anew from each route; only this one is asked for again.
const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
if (icon) icon.setAttribute('href', icon.href);

const root = createRoot(document.getElementById('root')!);
keepNothing(root);
root.render(
  <StrictMode>
    <App />
  </StrictMode>,
);
