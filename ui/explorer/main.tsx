document.getElementById('root')!.textContent = 'API explorer';
