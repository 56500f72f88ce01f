using System.ComponentModel.DataAnnotations;

namespace StoryPortal.ServiceDefaults.Authentication;

/// <summary>JSON Web Tokens as credentials beside API keys, section <c>Authentication:Jwt</c>. Gateway and hub need the same values.</summary>
public sealed class JwtOptions : IValidatableObject
{
    /// <summary>The configuration section's name.</summary>
    public const string Section = "Authentication:Jwt";

    /// <summary>The issuer's address, which serves <c>/.well-known/openid-configuration</c>. Empty: JWTs are not accepted.</summary>
    public string Authority { get; set; } = "";

    /// <summary>The audience that a token must name, such as <c>story-portal</c>. Required with an authority.</summary>
    public string Audience { get; set; } = "";

    /// <summary>Whether the authority must have HTTPS. Default: yes.</summary>
    public bool RequireHttpsMetadata { get; set; } = true;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Authority.Length == 0)
        {
            yield break;
        }

        if (!Uri.TryCreate(Authority, UriKind.Absolute, out var authority) || (authority.Scheme != Uri.UriSchemeHttps && (RequireHttpsMetadata || authority.Scheme != Uri.UriSchemeHttp)))
        {
            yield return new ValidationResult($"{Section}:{nameof(Authority)} is '{Authority}': it has to be an https address.", [nameof(Authority)]);
        }

        if (Audience.Length == 0)
        {
            yield return new ValidationResult($"{Section}:{nameof(Audience)} is missing: with an authority it is required.", [nameof(Audience)]);
        }
    }
}
