// Next.js: npm install mgrpo next react react-dom; cp -r node_modules/mgrpo/models public; npx next build. A page of static files: all is done in the browser.
export default { output: 'export' };
