# Ends every process group that was still running when the AppHost went away, however it went.
# Reads "+group" and "-group" lines from its input, which closes when the AppHost dies. Runs in bash 3.2 too.
trap '' HUP INT TERM PIPE
exec >/dev/null 2>&1

groups=' '
while read -r line; do
  case $line in
    +*) groups="$groups${line#+} " ;;
    -*) groups="${groups/ ${line#-} / }" ;;
  esac
done

for group in $groups; do kill -TERM -- "-$group"; done
for _ in $(seq 100); do
  alive=
  for group in $groups; do kill -0 -- "-$group" && alive=yes; done
  [ -n "$alive" ] || exit 0
  sleep 0.1
done
for group in $groups; do kill -KILL -- "-$group"; done
