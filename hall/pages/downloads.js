/* The page of downloads: the installer for this computer first, then every file the hall lists. */
(function () {
	'use strict';

	var Hall = window.Hall;
	var items = [];

	function show() {
		Hall.installers.section(items, '', function (section) {
			Hall.fill(Hall.byId('installer'), section);
			Hall.byId('installer').hidden = !section;
		});
		Hall.fill(Hall.byId('files'), items.length > 0 ? Hall.installers.rows(items) : Hall.h('p.empty', {text: Hall.t('downloads.none')}));
	}

	document.addEventListener('DOMContentLoaded', function () {
		Hall.loadHall(function () {});
		Hall.onLanguage(show);
		Hall.installers.load(function (found) {
			items = found;
			show();
		});
	});
}());
