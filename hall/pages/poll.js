/* Asks the hall again and again while the page is seen, and at once when it is seen again. Never the agent. */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};

	/* ask(done) every `interval` ms after the last answer; returns the function that ends it. */
	Hall.poll = function (interval, ask) {
		var timer = null;
		var asking = false;
		var over = false;

		function later() {
			asking = false;
			if (!over && !document.hidden) { timer = setTimeout(now, interval); }
		}
		function now() {
			clearTimeout(timer);
			if (over || asking || document.hidden) { return; }
			asking = true;
			ask(later);
		}
		document.addEventListener('visibilitychange', now);
		timer = setTimeout(now, interval);
		return function () {
			over = true;
			clearTimeout(timer);
			document.removeEventListener('visibilitychange', now);
		};
	};
}());
