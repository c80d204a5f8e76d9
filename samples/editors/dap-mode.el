;;; Emacs dap-mode: load it from the init file, then M-x dap-debug and choose. -*- lexical-binding: t -*-

(require 'dap-mode)
(require 'dap-ui)

;; Debian 12's lsp-treemacs reads a variable that its treemacs doesn't have: without it, no window shows locals.
(defvar treemacs-text-scale nil)

(defun kdap-provide (configuration)
  "Have kdap from the PATH serve CONFIGURATION."
  (plist-put configuration :dap-server-path '("kdap")))

(dap-register-debug-provider "kd" #'kdap-provide)

;; What kdap says is of the category "console", which dap-mode doesn't show by itself.
(setq dap-output-buffer-filter '("stdout" "stderr" "console" "important"))

(dap-register-debug-template
 "Crash dump"
 '(:type "kd" :request "attach"
   :dumpFile "${workspaceFolder}/samples/crash/sample.dmp"
   :symbolPath ["${workspaceFolder}/samples/minint/bin" "${workspaceFolder}/samples/driver/O2"]
   :sourceMap (("C:\\kdap" . "${workspaceFolder}"))))

(dap-register-debug-template
 "Live kernel"
 '(:type "kd" :request "attach"
   :connection "unix:/tmp/kd,reconnect"
   :symbolPath ["${workspaceFolder}/samples/minint/bin" "${workspaceFolder}/samples/livedrv/O0"]
   :imagePath ["${workspaceFolder}/samples/minint/bin" "${workspaceFolder}/samples/livedrv/O0"]
   :sourceMap (("C:\\kdap" . "${workspaceFolder}"))))
