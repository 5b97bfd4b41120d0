typedef int cm_not_yet;
