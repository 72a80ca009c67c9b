# fish completion for homeward
# SPDX-License-Identifier: GPL-2.0-only

function __homeward_complete
	set --local typed (commandline --current-token)
	set --local words (commandline --tokenize --cut-at-cursor --current-process)
	homeward __complete (count $words) -- $words "$typed" 2>/dev/null
end

complete --command homeward --no-files --keep-order --arguments '(__homeward_complete)'
