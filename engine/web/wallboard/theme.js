// Not a module, so that it runs before anything is painted: ?theme=dark or =light, else what the system prefers.
(() => {
  const asked = new URLSearchParams(location.search).get('theme');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    const theme = asked === 'dark' || asked === 'light' ? asked : dark.matches ? 'dark' : 'light';
    document.documentElement.dataset.theme = theme;
    dispatchEvent(new Event('themechange'));
  };
  dark.addEventListener('change', apply);
  apply();
})();
