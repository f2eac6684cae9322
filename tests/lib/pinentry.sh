#!/bin/sh
# A pinentry that answers from a folder instead of asking: pinentry.sh FOLDER
#   FOLDER/answers   a line an answer, the last one for ever: "pin 12345678", "cancel", "yes",
#                    "no", "close", "hang", "wait" (until FOLDER/go is there, then the next answer)
#   FOLDER/asked     what was asked, a line a command of the Assuan protocol
folder=$1

answer() {
	line=$(head -n 1 "$folder/answers")
	if [ "$(wc -l <"$folder/answers")" -gt 1 ]; then
		tail -n +2 "$folder/answers" >"$folder/answers.new" && mv "$folder/answers.new" "$folder/answers"
	fi
}

act() {
	case $1 in
		pin\ *) printf 'D %s\nOK\n' "${1#pin }" ;;
		yes) printf 'OK\n' ;;
		cancel) printf 'ERR 83886179 Operation cancelled <Pinentry>\n' ;;
		no) printf 'ERR 83886194 Not confirmed <Pinentry>\n' ;;
		close) exit 0 ;;
		hang) exec sleep 600 ;;
		wait)
			while [ ! -e "$folder/go" ]; do sleep 0.1; done
			answer; act "$line"
			;;
	esac
}

# The answer is taken before the question shows in FOLDER/asked: whoever has seen it there may end this program.
printf 'OK Pleased to meet you\n'
while IFS= read -r command; do
	line=
	case $command in
		GETPIN*) answer ;;
		CONFIRM*) case $(head -n 1 "$folder/answers") in pin\ *) line=yes ;; *) answer ;; esac ;;
	esac
	printf '%s\n' "$command" >>"$folder/asked"
	case $command in
		GETPIN* | CONFIRM*) act "$line" ;;
		GETINFO\ pid*) printf 'D %s\nOK\n' $$ ;;
		BYE*) printf 'OK closing connection\n'; exit 0 ;;
		*) printf 'OK\n' ;;
	esac
done
