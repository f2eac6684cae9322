/* What a library of the other interface (GM/T 0016) looks like to who loads it:
 * its functions are there, PKCS#11's are not. */
__attribute__((visibility("default"))) unsigned long SKF_EnumDev(int present, char *names, unsigned long *size);

unsigned long SKF_EnumDev(int present, char *names, unsigned long *size)
{
	(void)present;
	(void)names;
	*size = 0;
	return 0;
}
