/* Building and finding elements: those of /sdk/look.js, as Hall's own. */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};
	var look = Hall.look = window.KeyhallLook;

	['h', 'append', 'clear', 'fill', 'button', 'details', 'notice', 'spinner'].forEach(function (name) { Hall[name] = look[name]; });

	/* Fills a place anew. Where the focus was inside, or nowhere, it goes to what came, not to the page's body. */
	Hall.refill = function (place, children) {
		var at = document.activeElement;
		var lost = !at || at === document.body || place.contains(at);
		look.fill(place, children);
		var next = lost && place.querySelector('.notice, button, a[href], h3');
		if (!next) { return; }
		if (next.tagName === 'H3') { next.setAttribute('tabindex', '-1'); }
		next.focus();
	};

	Hall.byId = function (id) {
		return document.getElementById(id);
	};
}());
