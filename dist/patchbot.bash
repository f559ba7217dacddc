# Made by "patchbot manual bash": do not edit.
_patchbot() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= i
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		case "$command ${COMP_WORDS[i]}" in
		" demo") command=" demo" ;;
		" serve") command=" serve" ;;
		" check") command=" check" ;;
		" lint") command=" lint" ;;
		" links") command=" links" ;;
		" series") command=" series" ;;
		" replay") command=" replay" ;;
		" why") command=" why" ;;
		" status") command=" status" ;;
		" release") command=" release" ;;
		" doctor") command=" doctor" ;;
		" backup") command=" backup" ;;
		" store") command=" store" ;;
		" store copy") command=" store copy" ;;
		" forget") command=" forget" ;;
		" rules") command=" rules" ;;
		" explain") command=" explain" ;;
		" config") command=" config" ;;
		" hook") command=" hook" ;;
		" hook install") command=" hook install" ;;
		" hook uninstall") command=" hook uninstall" ;;
		" version") command=" version" ;;
		esac
	done
	local words= values=
	case "$command" in
	"")
		words="demo serve check lint links series replay why status release doctor backup store forget rules explain config hook version --help --config"
		;;
	" demo")
		words="--once --lang --log --help --config"
		case $prev in
		--lang) values="fr en" ;;
		esac
		;;
	" serve")
		words="--help --config"
		;;
	" check")
		words="--repo --base --lang --rules --offline --host --prefix --format --verify --help --config"
		case $prev in
		--lang) values="fr en" ;;
		--host) values="sourcehut github gitlab pandoc" ;;
		--format) values="text json sarif mail" ;;
		esac
		;;
	" lint")
		words="--repo --base --lang --rules --offline --host --format --help --config"
		case $prev in
		--lang) values="fr en" ;;
		--host) values="sourcehut github gitlab pandoc" ;;
		--format) values="text json sarif" ;;
		esac
		;;
	" links")
		words="--allow-network --resolver --host --format --help --config"
		case $prev in
		--host) values="sourcehut github gitlab pandoc" ;;
		--format) values="text json" ;;
		esac
		;;
	" series")
		words="--prefix --format --lang --help --config"
		case $prev in
		--format) values="text json" ;;
		--lang) values="fr en" ;;
		esac
		;;
	" replay")
		words="--repo --base --lang --rules --offline --host --prefix --then --brief --format --help --config"
		case $prev in
		--lang) values="fr en" ;;
		--host) values="sourcehut github gitlab pandoc" ;;
		--format) values="text json sarif" ;;
		esac
		;;
	" why")
		words="--format --help --config"
		case $prev in
		--format) values="text json" ;;
		esac
		;;
	" status")
		words="--format --help --config"
		case $prev in
		--format) values="text json" ;;
		esac
		;;
	" release")
		words="--drop --help --config"
		;;
	" doctor")
		words="--json --offline --timeout --help --config"
		;;
	" backup")
		words="--help --config"
		;;
	" store")
		words="copy --help --config"
		;;
	" store copy")
		words="--help --config"
		;;
	" forget")
		words="--help --config"
		;;
	" rules")
		words="--lang --format --help --config"
		case $prev in
		--lang) values="fr en" ;;
		--format) values="text json markdown" ;;
		esac
		;;
	" explain")
		words="--lang --help --config"
		case $prev in
		--lang) values="fr en" ;;
		esac
		;;
	" config")
		words="--check --help --config"
		;;
	" hook")
		words="install uninstall --help --config"
		;;
	" hook install")
		words="--help --config"
		;;
	" hook uninstall")
		words="--help --config"
		;;
	" version")
		words="--help --config"
		;;
	esac
	if [[ -n $values ]]; then
		COMPREPLY=($(compgen -W "$values" -- "$cur"))
	elif [[ $cur == -* || -z $command ]] || [[ " hook store " == *" ${command# } "* ]]; then
		COMPREPLY=($(compgen -W "$words" -- "$cur"))
	else
		COMPREPLY=($(compgen -f -- "$cur"))
	fi
}
complete -o filenames -o bashdefault -F _patchbot patchbot
