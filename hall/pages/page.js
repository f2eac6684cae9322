/* What every page of the hall has: its name, hotline and clock, from GET /api/hall. */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};
	var known = null;

	function fillEach(marker, text) {
		Array.prototype.forEach.call(document.querySelectorAll('[' + marker + ']'), function (element) {
			element.textContent = text;
		});
	}

	function show() {
		if (!known) { return; }
		if (known.name) { fillEach('data-hall-name', Hall.pick(known.name)); }
		if (known.hotline) { fillEach('data-hall-hotline', known.hotline); }
		if (known.price) { fillEach('data-hall-price', Hall.format.money(known.price)); }
	}

	/* done(error) */
	Hall.loadHall = function (done) {
		Hall.api.hall(function (error, answer) {
			if (!error) {
				known = answer;
				Hall.clock.set(answer.time);
				if (Hall.state) { Hall.state.hall = answer; }
				show();
			}
			done(error, answer);
		});
	};

	Array.prototype.forEach.call(document.querySelectorAll('.nav a'), function (link) {
		if (link.pathname === window.location.pathname) { link.setAttribute('aria-current', 'page'); }
	});
	Hall.onLanguage(show);
}());
